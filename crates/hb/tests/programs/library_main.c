/* Threads that come and go call the library; with an argument it races. */
#include <pthread.h>
#include <stdio.h>
#include "lib.h"
static void *add(void *p) { for (int i = 0; i < 100; i++) Add(); return p; }
int main(int argc, char **argv) {
	pthread_t t;
	for (int i = 0; i < 10; i++) { pthread_create(&t, 0, add, 0); pthread_join(t, 0); }
	printf("%d\n", (int)Count());
	if (argc > 1) Race();
	return 3;
}
